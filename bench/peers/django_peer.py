"""Django's way: EmailMultiAlternatives by send_messages over one reused connection."""

import sys
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection


def main() -> None:
    port, count = map(int, sys.argv[1:3])
    text, html = (Path(sys.argv[4], name).read_text(encoding="utf-8") for name in ("body.txt", "body.html"))
    settings.configure(EMAIL_HOST="127.0.0.1", EMAIL_PORT=port)
    messages = []
    for number in range(count):
        address = f"p{number}@acme.example"
        message = EmailMultiAlternatives(
            "October 2026: 1 of 12 services missed its target",
            text.replace("@@ADDRESS@@", address),
            "Acme IT <it@acme.example>",
            [f"Desk {number} <{address}>"],
            headers={"Message-ID": f"<2026-10.{number}@acme.example>"},
        )
        message.attach_alternative(html.replace("@@ADDRESS@@", address), "text/html")
        messages.append(message)
    get_connection().send_messages(messages)


if __name__ == "__main__":
    main()
