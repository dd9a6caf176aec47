"""What speakers are asked for, and what they ask: letters to many, dates, who keeps whose pages."""
