"""The programme for other programs: calendars, schedules, plain text."""
