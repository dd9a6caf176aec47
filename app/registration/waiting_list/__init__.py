"""The registration desk: finding delegates, and doing for them what they could do themselves."""
