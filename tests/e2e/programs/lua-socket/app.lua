local topics = {
  url = function() print(require("socket.url").parse("http://a.b:8/c?d").host) end,
  tcp = function() print(require("socket").connect("127.0.0.1", 1)) end,
  http = function() print(require("socket.http").request("http://localhost:1/")) end,
  https = function() print(require("ssl.https").request("https://localhost:1/")) end,
  name = function() print((require("socket").dns.toip("localhost"))) end,
  mime = function() print((require("mime").b64("x"))) end,
  xml = function() require("lxp").new({ StartElement = function(_, name) print(name) end }):parse("<a><b/></a>") end,
  sql = function() print(require("luasql.sqlite3").sqlite3():connect(""):execute("select 6*7"):fetch()) end,
  zlib = function() print(#require("zlib").deflate()("x", "finish")) end,
  fail = function() require("nowhere") end,
}
topics[arg[1]]()
