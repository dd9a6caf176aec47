"""Speakers' own pages: their checklist, answers, texts, photo and materials, and emails to them."""
