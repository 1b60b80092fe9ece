"""`covid warm`: what makes starts quick, made once: the jars, and archives of the JVMs' classes."""

from __future__ import annotations

import time
from contextlib import ExitStack

from rich.console import Console

from covid_cli import settings
from covid_cli.errors import UserError
from covid_cli.signals import ended_once
from covid_cli.stack import classes, jars, training
from covid_cli.stack.java import find_java
from covid_cli.up.view import View


def command() -> None:
    """Fetch the jars and archive the classes that the JVMs load, as far as either is missing.

    Takes about a minute, the first time and after a change of Java, Spark or a jar. Nothing depends on it: a
    stack without archives only starts more slowly. Exit codes: 0 all there, 1 something could not be made.
    """
    view = View(Console(), list)
    given = settings.read()
    java = find_java()
    with ExitStack() as downloading:
        folders = jars.present(
            given.cache_folder, given.maven_repo, lambda size: downloading.enter_context(view.download(size))
        )
    archives = classes.archives(given.cache_folder, java, folders)
    missing = [name for name, archive in archives.items() if not archive.exists()]
    if not missing:
        view.say("Jars and archives of classes are there.")
        return
    begun = time.monotonic()
    view.say(f"Archiving the classes of {', '.join(missing)}, so that every later start is quicker (once).")
    with ended_once():
        left_out = training.record(java, folders, archives, missing, view.say)
    classes.forget_unused(given.cache_folder)
    if left_out:
        raise UserError(
            f"{java} wrote no archive of {', '.join(left_out)}: starts are slower, and everything works."
        )
    size = sum(archives[name].stat().st_size for name in missing)
    view.say(f"Archived in {time.monotonic() - begun:.0f} s: {size / 1e6:.0f} MB.")
