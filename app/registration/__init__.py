"""Registration of delegates: the form, places, bookings, and the registration desk."""
