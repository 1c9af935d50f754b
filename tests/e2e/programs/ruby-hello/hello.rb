puts "hello from Ruby #{RUBY_VERSION}"
