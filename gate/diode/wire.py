"""UDP sockets that move many datagrams with one system call: ``sendmmsg`` and ``recvmmsg``.

Python has neither; a call for each datagram would cost more than everything else on the link.
"""

import ctypes
import errno
import os
import socket
import struct
import time
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from kernel.errors import SettingsError, UnavailableError

BATCH: Final = 256
_IP_MTU_DISCOVER: Final = 10
_IP_PMTUDISC_DO: Final = 2
_SO_RCVBUFFORCE: Final = 33
_MSG_WAITFORONE: Final = 0x10000
_RETRY: Final = frozenset({errno.ENOBUFS, errno.EAGAIN, errno.EINTR, errno.ECONNREFUSED})
"""The card's queue is full; or something on our own side answered, which must not stop us."""
_RETRY_SECONDS: Final = 0.001
_POLL_SECONDS: Final = 0.25
_INODE: Final = 9
_DROPS: Final = 12
"""Columns of /proc/net/udp."""


class _Message(ctypes.Structure):
    """``struct mmsghdr``: ``struct msghdr`` and the number of bytes moved."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
        ("_padding", ctypes.c_int),
        ("moved", ctypes.c_uint32),
        ("_end", ctypes.c_uint32),
    )


_STEP: Final = ctypes.sizeof(_Message)
_MOVED: Final = struct.Struct(f"={_Message.moved.offset}xI{_STEP - _Message.moved.offset - 4}x")
_VECTOR_BYTES: Final = 16


def _messages(count: int) -> tuple["array[int]", "ctypes.Array[_Message]"]:
    """Headers for ``count`` datagrams, and the address and length of each one's only piece."""
    vectors = array("Q", bytes(_VECTOR_BYTES * count))
    base, _length = vectors.buffer_info()
    messages = (_Message * count)()
    for at, message in enumerate(messages):
        message.vectors = base + at * _VECTOR_BYTES
        message.vector_count = 1
    return vectors, messages


class SendingWire:
    """The end that speaks; datagrams larger than the MTU are refused, never cut."""

    def __init__(self, address: str, port: int, size: int, capacity: int) -> None:
        """Towards ``address``; every datagram has ``size`` bytes, at most ``capacity`` at a time.

        Raises :class:`UnavailableError` (``link_down``) without a route, and
        :class:`SettingsError` (``link_mtu``) when the interface carries less.
        """
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._size = size
        self._vectors, self._messages = _messages(capacity)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_DO)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * 1024 * 1024)
        try:
            self._socket.connect((address, port))
        except OSError as error:
            self._socket.close()
            raise _down(error) from error

    def close(self) -> None:
        """Stop speaking."""
        self._socket.close()

    def load(self, places: Sequence[int]) -> None:
        """Take the addresses of the next datagrams, in the order they go out."""
        flat = array("Q", (value for place in places for value in (place, self._size)))
        self._vectors[: len(flat)] = flat

    def send(self, first: int, count: int) -> None:
        """Send ``count`` of the loaded datagrams from ``first`` on; waits while the card is full.

        Raises as the constructor.
        """
        at, end = first, first + count
        base = ctypes.addressof(self._messages)
        while at < end:
            sent = self._libc.sendmmsg(
                self._socket.fileno(), ctypes.c_void_p(base + at * _STEP), end - at, 0
            )
            if sent >= 0:
                at += sent
                continue
            code = ctypes.get_errno()
            if code == errno.EMSGSIZE:
                raise SettingsError(
                    "link_mtu", f"链路不能承载 {self._size} 字节的数据报，请把 mtu 改为网卡实际值"
                )
            if code not in _RETRY:
                raise _down(OSError(code, os.strerror(code)))
            time.sleep(_RETRY_SECONDS)


def _down(error: OSError) -> UnavailableError:
    return UnavailableError("link_down", f"单向链路不可用：{error.strerror}")


class Batch:
    """Room for datagrams that arrive together."""

    def __init__(self, size: int) -> None:
        """For datagrams of up to ``size`` bytes; longer ones come cut and fail their seal."""
        self.step = size
        self.memory = bytearray(BATCH * size)
        self.view = memoryview(self.memory)
        self._pin = (ctypes.c_char * len(self.memory)).from_buffer(self.memory)
        base = ctypes.addressof(self._pin)
        self._vectors, self._messages = _messages(BATCH)
        self._vectors[:] = array(
            "Q", (value for at in range(BATCH) for value in (base + at * size, size))
        )
        self._headers = memoryview(self._messages).cast("B")
        self.address = ctypes.addressof(self._messages)
        self.count = 0

    def lengths(self) -> list[int]:
        """Bytes of each datagram that came."""
        moved = self._headers[: self.count * _STEP]
        return [length for (length,) in _MOVED.iter_unpack(moved)]


class ReceivingWire:
    """The end that listens."""

    def __init__(self, address: str, port: int, buffer_bytes: int) -> None:
        """Listen at ``address``.

        Raises :class:`SettingsError` (``link_buffer``) when the kernel grants a smaller buffer, and
        :class:`UnavailableError` (``link_down``) when the address is not ours.
        """
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._grow(buffer_bytes)
            seconds, rest = divmod(_POLL_SECONDS, 1)
            self._socket.setsockopt(
                socket.SOL_SOCKET,
                socket.SO_RCVTIMEO,
                struct.pack("@qq", int(seconds), int(rest * 1_000_000)),
            )
            self._socket.bind((address, port))
        except OSError as error:
            self._socket.close()
            raise _down(error) from error
        except SettingsError:
            self._socket.close()
            raise

    def _grow(self, wanted: int) -> None:
        try:
            # Only with CAP_NET_ADMIN; otherwise net.core.rmem_max is the bound.
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, wanted)
        except PermissionError:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, wanted)
        # The kernel answers twice what it grants, its own book-keeping included.
        granted = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
        if granted < wanted:
            raise SettingsError(
                "link_buffer",
                f"接收缓冲只有 {granted} 字节，需要 {wanted} 字节；"
                f"请执行 sysctl -w net.core.rmem_max={wanted}",
            )

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()

    def receive(self, batch: Batch) -> bool:
        """Fill ``batch`` with what is there; False when nothing came for a quarter of a second.

        Raises :class:`UnavailableError` (``link_down``).
        """
        count = self._libc.recvmmsg(
            self._socket.fileno(), ctypes.c_void_p(batch.address), BATCH, _MSG_WAITFORONE, None
        )
        if count < 0:
            code = ctypes.get_errno()
            if code not in _RETRY:
                raise _down(OSError(code, os.strerror(code)))
            count = 0
        batch.count = count
        return bool(count)

    def overruns(self) -> int:
        """Datagrams the kernel has thrown away because we were too slow; 0 when it does not say."""
        inode = os.fstat(self._socket.fileno()).st_ino
        try:
            lines = Path("/proc/self/net/udp").read_text("ascii").splitlines()[1:]
        except OSError:
            return 0
        for line in lines:
            fields = line.split()
            if len(fields) > _DROPS and fields[_INODE] == str(inode):
                return int(fields[_DROPS])
        return 0
