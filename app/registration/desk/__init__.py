"""The registration desk: finding delegates, and acting on their behalf."""
