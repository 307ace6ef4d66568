"""The standard library's way: one EmailMessage a recipient, N threads with one reused connection each."""

import queue
import smtplib
import sys
import threading
from email.message import EmailMessage
from pathlib import Path


def compose(number: int, text: str, html: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Acme IT <it@acme.example>"
    message["To"] = f"Desk {number} <p{number}@acme.example>"
    message["Subject"] = "October 2026: 1 of 12 services missed its target"
    message["Message-ID"] = f"<2026-10.{number}@acme.example>"
    message["List-Unsubscribe"] = "<mailto:it@acme.example?subject=unsubscribe>"
    address = f"p{number}@acme.example"
    message.set_content(text.replace("@@ADDRESS@@", address))
    message.add_alternative(html.replace("@@ADDRESS@@", address), subtype="html")
    return message


def work(port: int, numbers: "queue.SimpleQueue[int]", text: str, html: str) -> None:
    with smtplib.SMTP("127.0.0.1", port) as relay:
        while True:
            try:
                number = numbers.get_nowait()
            except queue.Empty:
                return
            relay.send_message(compose(number, text, html))


def main() -> None:
    port, count, connections = map(int, sys.argv[1:4])
    text, html = (Path(sys.argv[4], name).read_text(encoding="utf-8") for name in ("body.txt", "body.html"))
    numbers: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(count):
        numbers.put(number)
    threads = [threading.Thread(target=work, args=(port, numbers, text, html)) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
