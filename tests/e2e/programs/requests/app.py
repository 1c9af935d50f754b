import http.server
import ssl
import sys
import threading


def serve():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = "<p>sérvéd</p>".encode("latin-1")
            self.send_response(302 if self.path == "/moved" else 200)
            if self.path == "/moved":
                self.send_header("Location", "/")
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("/etc/own.pem", "/etc/own.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"https://localhost:{server.server_port}"


def main(topic):
    import requests
    if topic == "own":
        print(requests.get(serve(), verify="/etc/own.pem").status_code)
    elif topic == "moved":
        print(requests.get(serve() + "/moved", verify="/etc/own.pem").history[0].status_code)
    elif topic == "roots":
        import certifi
        print(len(ssl.create_default_context(cafile=certifi.where()).get_ca_certs()))
    elif topic == "untrusted":
        try:
            requests.get(serve())
        except requests.exceptions.SSLError as error:
            print("CERTIFICATE_VERIFY_FAILED" in str(error))
    elif topic == "charset":
        print(requests.get(serve(), verify="/etc/own.pem").apparent_encoding)
    elif topic == "soup":
        from bs4 import BeautifulSoup
        print(BeautifulSoup("<ul><li>a<li>b", "html.parser").find_all("li")[1].text)
    elif topic == "session":
        session = requests.Session()
        session.mount("https://", requests.adapters.HTTPAdapter(max_retries=requests.packages.urllib3.Retry(2)))
        print(session.get(serve(), verify=False).ok)
    elif topic == "idna":
        print(requests.Request("GET", "http://bücher.example/ü").prepare().url)
    elif topic == "name":
        try:
            requests.get("http://no-such-name.invalid/")
        except requests.exceptions.ConnectionError as error:
            print(type(error.args[0].reason).__name__, "Temporary failure" in str(error))
            sys.exit(4)


main(sys.argv[1])
