"""What pages say to those who are refused for a while."""

TOO_MANY_FROM_NETWORK = (
    "Too many requests came from your network, which other people may share with you. "
    "Try again in 60 minutes, or write to tides@conference.example"
)
