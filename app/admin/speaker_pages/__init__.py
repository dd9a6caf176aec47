"""Managing speakers' own pages: access, deadlines, emails and reminders."""
