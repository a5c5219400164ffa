"""From words to what a sentence does: sentences, phrases held as data, acts, and what stands in a
neighbourhood."""
