"""aiosmtplib's way: one EmailMessage a recipient, N connections on asyncio."""

import asyncio
import sys
from pathlib import Path

import aiosmtplib

sys.path.insert(0, str(Path(__file__).parent))
from smtplib_peer import compose


async def work(port: int, numbers: "asyncio.Queue[int]", text: str, html: str) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as relay:
        while not numbers.empty():
            await relay.send_message(compose(numbers.get_nowait(), text, html))


async def main(text: str, html: str) -> None:
    port, count, connections = map(int, sys.argv[1:4])
    numbers: asyncio.Queue[int] = asyncio.Queue()
    for number in range(count):
        numbers.put_nowait(number)
    await asyncio.gather(*(work(port, numbers, text, html) for _ in range(connections)))


if __name__ == "__main__":
    asyncio.run(main(*(Path(sys.argv[4], name).read_text(encoding="utf-8") for name in ("body.txt", "body.html"))))
