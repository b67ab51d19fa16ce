"""Does what nobody did in time: ends calls whose worker, caller or room is gone."""
