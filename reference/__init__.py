"""The pages under `docs/reference`: made from the code whenever the site is built, and kept nowhere.

A module a page, each a function `page()` that gives Markdown; `hook` hands them to MkDocs. What a page lacks
is added where the code defines it: a setting's description, an operation's docstring, a figure's help.
"""
