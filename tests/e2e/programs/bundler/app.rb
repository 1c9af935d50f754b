require 'bundler/setup'

case ARGV.fetch(0)
when 'rack' then require 'rack'; puts Rack::Utils.build_nested_query(a: %w[1 2])
when 'mock' then require 'rack/mock'; puts Rack::MockRequest.new(Rack::ContentLength.new(->(_) { [200, {}, ['served']] })).get('/').headers.to_h
when 'nokogiri' then require 'nokogiri'; puts Nokogiri::HTML('<p>a<p>b').css('p').map(&:text).join, Nokogiri::XML('<a/>').to_xml(encoding: 'ISO-8859-2')
when 'markdown' then require 'redcarpet'; puts Redcarpet::Markdown.new(Redcarpet::Render::HTML).render('*a*')
when 'password' then require 'bcrypt'; puts BCrypt::Password.new(BCrypt::Password.create('x', cost: 4)) == 'x'
when 'words' then require 'i18n'; I18n.load_path << 'words.yml'; puts I18n.t(:hello, locale: :de)
when 'zone' then require 'tzinfo'; puts TZInfo::Timezone.get('Asia/Tokyo').to_local(Time.at(0)).to_s
when 'all' then Bundler.require; puts Bundler.load.specs.map(&:name).sort.join(' ')
else raise 'on purpose'
end
