import datetime

from fastapi import BackgroundTasks, FastAPI, HTTPException
from fastapi.responses import ORJSONResponse, PlainTextResponse, StreamingResponse
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    name: str
    when: datetime.datetime = datetime.datetime(2024, 1, 1)
    ratio: float = 0.5


@app.get("/", response_class=PlainTextResponse)
def index():
    return "index"


@app.get("/item/{name}")
async def item(name: str, count: int = 1) -> list[Item]:
    return [Item(name=name)] * count


@app.get("/orjson", response_class=ORJSONResponse)
def orjson():
    return ORJSONResponse({"now": datetime.date(2024, 1, 1)})


@app.get("/stream")
def stream():
    return StreamingResponse(iter(["a", "b"]), media_type="text/plain")


@app.get("/database")
def database():
    import sqlalchemy as sa
    with sa.create_engine("sqlite://").connect() as connection:
        return connection.execute(sa.text("select 6 * 7")).scalar()


@app.get("/later")
def later(tasks: BackgroundTasks):
    tasks.add_task(print, "later")
    return "accepted"


@app.get("/fails")
def fails():
    raise HTTPException(418, "on purpose")


@app.get("/crashes")
def crashes():
    return 1 / 0
