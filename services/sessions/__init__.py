"""Sessions: admission, LiveKit rooms and dispatch, life cycle, history."""
