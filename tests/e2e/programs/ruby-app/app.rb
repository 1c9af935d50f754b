# One entry point; its argument says which part of the standard library is used.
require 'json'

TOPICS = {
  'json' => -> { puts JSON.pretty_generate('ruby' => RUBY_VERSION, 'list' => [1, 2.5, nil]) },
  'yaml' => -> { require 'yaml'; puts({ 'a' => [1, 2], 'b' => { 'c' => nil } }.to_yaml) },
  'openssl' => lambda {
    require 'openssl'
    store = OpenSSL::X509::Store.new.tap(&:set_default_paths)
    roots = File.read(OpenSSL::X509::DEFAULT_CERT_FILE).scan(/BEGIN CERTIFICATE/).size
    root = OpenSSL::X509::Certificate.new(File.read(OpenSSL::X509::DEFAULT_CERT_FILE))
    puts OpenSSL::OPENSSL_LIBRARY_VERSION, roots, store.verify(root), OpenSSL::Digest::SHA256.hexdigest('x')
  },
  'socket' => -> { require 'socket'; puts Addrinfo.getaddrinfo('localhost', 'http', :INET, :STREAM).map(&:inspect_sockaddr) },
  'http' => lambda {
    require 'net/http'
    require 'socket'
    server = TCPServer.new('127.0.0.1', 0)
    Thread.new { client = server.accept; client.gets("\r\n\r\n"); client.write("HTTP/1.0 200 OK\r\n\r\nserved"); client.close }
    puts Net::HTTP.get(URI("http://localhost:#{server.addr[1]}/"))
  },
  'erb' => -> { require 'erb'; title = 'a page'; puts ERB.new(File.read('page.erb')).result(binding) },
  'encode' => lambda {
    %w[SHIFT_JIS EUC-JP ISO-8859-15 UTF-16LE GB18030 Big5 KOI8-R].each do |name|
      text = name == 'KOI8-R' ? 'мир' : name.start_with?('ISO') ? '€' : '日本'
      puts "#{name} #{text.encode(name).bytes.inspect} #{text.encode(name).encode('UTF-8')}"
    end
  },
  'user' => -> { require 'etc'; puts Etc.getpwuid.name, Etc.getgrgid.name, Dir.home, Etc.getpwnam('daemon').dir },
  'time' => lambda {
    require 'time'
    ENV['TZ'] = 'America/New_York'
    puts Time.at(1_700_000_000).iso8601, Time.parse('2024-07-01 12:00').zone
  },
  'csv' => -> { require 'csv'; CSV.parse("a,b\n1,\"x y\"\n", headers: true) { |row| p row.to_h } },
  'zlib' => -> { require 'zlib'; require 'digest'; puts Zlib.crc32('x'), Digest::MD5.hexdigest(Zlib.inflate(Zlib.deflate('x' * 999))) },
  'bigdecimal' => -> { require 'bigdecimal/util'; puts ('1.1'.to_d * 3).to_s, Math.sqrt(2) },
  'fiddle' => -> { require 'fiddle'; puts Fiddle::Function.new(Fiddle.dlopen('libc.so.6')['abs'], [Fiddle::TYPE_INT], Fiddle::TYPE_INT).call(-3) },
  'shell' => -> { puts `echo from a shell; printf '%s\n' a b` },
  'raise' => -> { def deep(n) = n.zero? ? raise(ArgumentError, 'on purpose') : deep(n - 1); deep(3) }
}.freeze

TOPICS.fetch(ARGV.fetch(0)).call
