"""Notebooks on published gold and silver, and the tested functions they share."""
