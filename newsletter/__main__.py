"""The `newsletter` command, and `python -m newsletter`, which is the same."""

import sys


def main() -> None:
    """Run the command line; Ctrl-C ends it without a traceback from its first import on."""
    try:
        from newsletter.cli import main as command_line  # here, so that it is interrupted in order while it loads, too

        command_line()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
