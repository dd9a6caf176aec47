"""Categories of registration: who attends how, each with its own places within the total."""
