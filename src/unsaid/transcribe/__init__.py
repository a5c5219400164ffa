"""From sound to words: the recogniser behind a protocol, and where its models lie."""
