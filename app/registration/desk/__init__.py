"""What the registration desk does: it finds delegates, and does for them what they could."""
