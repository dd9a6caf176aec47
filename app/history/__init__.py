"""The audit log: who did what, in plain sentences, with the fields that changed."""
