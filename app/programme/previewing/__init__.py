"""Preview links: the working programme, shown to whoever holds a link, for a while."""
