"""Registration: steps, places, bookings, waiting list and the registration desk."""
