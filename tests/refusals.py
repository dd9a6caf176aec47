"""What pages say to those who are refused for a while."""

TOO_MANY_FROM_NETWORK = (
    "There were too many requests from your network, which other people may share. "
    "Try again in 60 minutes, or email tides@conference.example"
)
