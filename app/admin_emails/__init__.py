"""The pages of the emails that the site sends: the outbox, what emails say, and previews."""
