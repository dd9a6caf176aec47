"""The pages about the emails that the site sends: the outbox, email texts, and previews."""
