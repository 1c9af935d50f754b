require 'sinatra'

set :bind, '0.0.0.0'
set :port, 4567
set :server, :puma
set :logging, false
set :show_exceptions, false

get('/') { 'index' }
get('/template') { erb :page, locals: { title: 'a page' } }
get('/json') { require 'json'; content_type :json; { 'a' => [1, nil] }.to_json }
get('/yaml') { require 'yaml'; { 'a' => [1, nil] }.to_yaml }
get('/tls') { require 'openssl'; File.read(OpenSSL::X509::DEFAULT_CERT_FILE).scan(/BEGIN CERT/).size.to_s }
get('/name') { require 'resolv'; require 'socket'; Addrinfo.ip('localhost').ip_address + Resolv.getaddress('localhost') }
get('/zone') { ENV['TZ'] = 'Asia/Kolkata'; Time.at(0).to_s }
get('/encode') { content_type 'text/plain'; '日本'.encode('EUC-JP').unpack1('H*') }
get('/user') { require 'etc'; Etc.getpwuid.name }
get('/redirect') { redirect '/json' }
get('/throw') { raise 'on purpose' }
error { |e| "failed: #{e.message} #{e.backtrace.first}" }
