"""What a person sees of an audit: the marked-up transcript for the terminal, as Markdown and as a page.

`markup` turns flags into styled runs once; the views only draw what it gives them.
"""
