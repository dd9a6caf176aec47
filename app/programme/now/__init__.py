"""Now and next: what is on at this very moment, and what comes after it."""
