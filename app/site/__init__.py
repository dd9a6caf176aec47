"""The public website: home, programme, changelog, search, feeds, feedback, offline pages."""
