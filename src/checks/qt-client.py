"""A real QWebSocket on a lead, without a display: what it sees goes to standard output, what it is to do comes from
standard input, one JSON object a line each.

    python qt-client.py ws://host/path

What else the handshake needs is in the environment, where no list of processes shows it: LOADTEST_HANDSHAKE is an
object of "headers", "subprotocols", and in PEM form "ca", a certificate authority, "cert" and "key", what the client shows. Out: {"event": "versions", "python", "qt", "pyqt"} · {"event": "open"} · {"event": "text", "text"} · {"event":
"binary", "bytes"} · {"event": "pong", "ms"} · {"event": "error", "error", "name"} · {"event": "closed", "code",
"name", "reason"}, each with "at_ms", milliseconds since the start. In: {"do": "send", "text"} · {"do": "ping"} ·
{"do": "close", "code", "reason"}. It ends when the connection has, or when standard input does.
"""

import json
import os
import platform
import sys
import threading
import time

from PyQt6.QtCore import PYQT_VERSION_STR, QT_VERSION_STR, QCoreApplication, QObject, QTimer, QUrl, pyqtSignal
from PyQt6.QtNetwork import QNetworkRequest, QSsl, QSslCertificate, QSslKey
from PyQt6.QtWebSockets import QWebSocket, QWebSocketHandshakeOptions, QWebSocketProtocol

START = time.monotonic()
# A server that never answers the close frame.
CLOSE_TIMEOUT_MS = 3000


def tell(event, **facts):
    facts = {"event": event, "at_ms": round((time.monotonic() - START) * 1000, 1), **facts}
    print(json.dumps(facts), flush=True)


class Lead(QObject):
    """Lines of standard input, read by a thread: a notifier on it exists on no Windows."""

    line = pyqtSignal(str)
    ended = pyqtSignal()

    def read(self):
        for line in sys.stdin:
            self.line.emit(line)
        self.ended.emit()


def connect(socket, url):
    handshake = json.loads(os.environ.get("LOADTEST_HANDSHAKE", "{}"))
    if handshake.get("ca") or handshake.get("cert"):
        configuration = socket.sslConfiguration()
        if handshake.get("ca"):
            configuration.addCaCertificates(QSslCertificate.fromData(handshake["ca"].encode()))
        if handshake.get("cert"):
            configuration.setLocalCertificateChain(QSslCertificate.fromData(handshake["cert"].encode()))
            pem = handshake["key"].encode()
            keys = [QSslKey(pem, algorithm) for algorithm in (QSsl.KeyAlgorithm.Rsa, QSsl.KeyAlgorithm.Ec)]
            configuration.setPrivateKey(next((key for key in keys if not key.isNull()), keys[0]))
        socket.setSslConfiguration(configuration)
    request = QNetworkRequest(QUrl(url))
    for name, value in handshake.get("headers", {}).items():
        # Their characters are their bytes.
        request.setRawHeader(name.encode(), value.encode("latin-1"))
    options = QWebSocketHandshakeOptions()
    options.setSubprotocols(handshake.get("subprotocols", []))
    socket.open(request, options)


def main(url):
    app = QCoreApplication(sys.argv)
    socket = QWebSocket()
    tell("versions", python=platform.python_version(), qt=QT_VERSION_STR, pyqt=PYQT_VERSION_STR)

    def closed():
        code = socket.closeCode()
        tell("closed", code=code.value, name=code.name, reason=socket.closeReason())
        app.quit()

    def failed(error):
        tell("error", error=socket.errorString(), name=error.name)
        # Refused before it was open: nothing will be told of a close.
        if not opened:
            QTimer.singleShot(0, app.quit)

    opened = []
    socket.connected.connect(lambda: (opened.append(True), tell("open")))
    socket.textMessageReceived.connect(lambda text: tell("text", text=text))
    socket.binaryMessageReceived.connect(lambda data: tell("binary", bytes=len(data)))
    socket.pong.connect(lambda ms, _payload: tell("pong", ms=ms))
    socket.errorOccurred.connect(failed)
    socket.disconnected.connect(closed)

    def act(line):
        order = json.loads(line)
        if order["do"] == "send":
            socket.sendTextMessage(order["text"])
        elif order["do"] == "ping":
            socket.ping()
        elif order["do"] == "close":
            code = QWebSocketProtocol.CloseCode(order.get("code", 1000))
            socket.close(code, order.get("reason", ""))
            QTimer.singleShot(CLOSE_TIMEOUT_MS, lambda: (tell("error", error="no answer to our close", name="timeout"), app.quit()))

    lead = Lead()
    lead.line.connect(act)
    lead.ended.connect(app.quit)
    threading.Thread(target=lead.read, daemon=True).start()
    connect(socket, url)
    app.exec()


main(sys.argv[1])
