"""Sound: files in and out, voice activity, the outline for a picture."""
