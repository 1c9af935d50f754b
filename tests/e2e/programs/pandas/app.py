import io
import sys

import pandas as pd

table = pd.read_csv("table.csv", parse_dates=["when"])
topic = sys.argv[1]
if topic == "csv":
    print(table.dtypes.to_string())
elif topic == "group":
    print(table.groupby("name")["value"].agg(["mean", "std"]).to_string())
elif topic == "zone":
    print(table.when.dt.tz_localize("Europe/Paris").dt.tz_convert("US/Pacific").to_string())
elif topic == "excel":
    buffer = io.BytesIO()
    table.to_excel(buffer, index=False)
    print(pd.read_excel(buffer).to_string())
elif topic == "json":
    print(table.to_json(orient="records", date_format="iso"))
elif topic == "html":
    print(table.to_html())
elif topic == "resample":
    print(table.set_index("when").value.resample("QS").sum().to_string(), table.value.rolling(2).corr(table.value).to_string())
elif topic == "sql":
    import sqlite3
    connection = sqlite3.connect(":memory:")
    table.to_sql("t", connection)
    print(pd.read_sql("select count(*) from t", connection).to_string())
elif topic == "pickle":
    import pickle
    print(pickle.loads(pickle.dumps(table)).equals(table))
elif topic == "linear":
    import numpy as np
    print(np.linalg.eigvalsh(np.array([[2.0, 1.0], [1.0, 2.0]])).round(6), np.random.default_rng(3).normal(size=2).round(6))
elif topic == "compressed":
    table.to_csv("/tmp/t.csv.xz")
    print(len(pd.read_csv("/tmp/t.csv.xz")))
elif topic == "parquet":
    table.to_parquet("/tmp/t")
