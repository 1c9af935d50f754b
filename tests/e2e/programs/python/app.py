import json
import ssl
import sys

context = ssl.create_default_context()
json.dump({"python": sys.version.split()[0], "roots": context.cert_store_stats()["x509_ca"]}, sys.stdout)
print()
