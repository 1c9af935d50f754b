core.register_service("page", "http", function(applet)
  local body = "from Lua " .. _VERSION
  applet:set_status(200)
  applet:add_header("content-length", #body)
  applet:add_header("content-type", "text/plain")
  applet:start_response()
  applet:send(body)
end)
