"""Forms by voice (contract 5, 6.3 to 6.7, 7.8 and 14.6): opened, filled, steered and submitted during a call."""
