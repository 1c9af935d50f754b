%s/one/two/g
%print
qa!
