"""What is practised: for now the prompts that can be named by id."""
