use strict;
use warnings;

my %topics = (
    agent => sub { require LWP::UserAgent; print LWP::UserAgent->new->get('http://localhost:1/')->code, "\n" },
    https => sub { require LWP::UserAgent; print LWP::UserAgent->new->get('https://localhost:1/')->status_line, "\n" },
    local => sub { require LWP::UserAgent; print LWP::UserAgent->new->get('file:///app/page.tt')->decoded_content },
    xml => sub { require XML::LibXML; print XML::LibXML->load_xml(string => '<a><b>c</b></a>')->findvalue('//b'), "\n" },
    database => sub { require DBI; print DBI->connect('dbi:SQLite::memory:')->selectrow_array('select 6 * 7'), "\n" },
    date => sub { require DateTime; print DateTime->from_epoch(epoch => 0, time_zone => 'Asia/Tokyo', locale => 'de-DE')->strftime('%A %H'), "\n" },
    template => sub { require Template; Template->new->process('page.tt', { items => [ 'b', '<a>' ] }) },
    form => sub { require HTTP::Request::Common; print HTTP::Request::Common::POST('http://x/', [ a => "\xe9" ])->as_string },
    html => sub { require HTML::TreeBuilder; print HTML::TreeBuilder->new_from_content('<p>a<p>b')->look_down(_tag => 'p')->as_text, "\n" },
    mime => sub { require LWP::MediaTypes; print LWP::MediaTypes::guess_media_type('x.pdf'), "\n" },
);
$topics{ $ARGV[0] }->();
