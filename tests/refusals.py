"""What pages say to those who are refused for a while."""

TOO_MANY_FROM_NETWORK = (
    "There have been too many requests from your network, which you may share with other people. "
    "Try again in 60 minutes, or email tides@conference.example"
)
TOO_MANY = (
    "There have been too many requests. Try again in 60 minutes, or email tides@conference.example"
)
