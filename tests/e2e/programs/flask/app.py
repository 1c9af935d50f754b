from flask import Flask, jsonify, render_template, abort

app = Flask(__name__)


@app.get("/")
def index():
    return "index"


@app.get("/template")
def template():
    return render_template("page.html", title="a <page>")


@app.get("/json")
def json():
    return jsonify(a=[1, None], b="é")


@app.get("/numpy")
def numpy():
    import numpy
    return str(numpy.linalg.inv(numpy.array([[2.0, 0.0], [0.0, 4.0]])).tolist()) + str(numpy.fft.fft([1, 0]).tolist())


@app.get("/random")
def random():
    import numpy
    return str(numpy.random.default_rng(1).integers(100, size=5).tolist())


@app.get("/lxml")
def lxml():
    from lxml import etree, html
    return etree.tostring(etree.fromstring("<a><b>c</b></a>").find("b")).decode() + html.fromstring("<p>x").text


@app.get("/crypto")
def crypto():
    from cryptography.fernet import Fernet
    key = b"0" * 43 + b"="
    return Fernet(key).decrypt(Fernet(key).encrypt(b"secret"))


@app.get("/sqlite")
def sqlite():
    import sqlite3
    return str(sqlite3.connect(":memory:").execute("select 6 * 7, upper('x')").fetchall())


@app.get("/zone")
def zone():
    import datetime
    import zoneinfo
    return datetime.datetime.fromtimestamp(0, zoneinfo.ZoneInfo("Asia/Tokyo")).isoformat()


@app.get("/tls")
def tls():
    import ssl
    return str(ssl.create_default_context().cert_store_stats()["x509_ca"])


@app.get("/name")
def name():
    import socket
    return socket.gethostbyname("localhost") + str(socket.getservbyname("https"))


@app.get("/encode")
def encode():
    return "日本".encode("shift_jis").hex() + "é".encode("cp037").hex() + "ü".encode("idna").decode()


@app.get("/user")
def user():
    import getpass
    import pwd
    import os
    return pwd.getpwuid(os.getuid()).pw_name + getpass.getuser()


@app.get("/locale")
def locale():
    import locale
    return str(locale.setlocale(locale.LC_ALL, "C.UTF-8")) + str(locale.localeconv()["decimal_point"])


@app.get("/pool")
def pool():
    from concurrent.futures import ProcessPoolExecutor
    with ProcessPoolExecutor(1) as executor:
        return str(executor.submit(pow, 2, 10).result())


@app.get("/throw")
def throw():
    import traceback
    try:
        1 / 0
    except ZeroDivisionError:
        return traceback.format_exc()


@app.get("/abort")
def gone():
    abort(410)
