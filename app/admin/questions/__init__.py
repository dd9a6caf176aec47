"""The questions that organisers ask people who register."""
