import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import connection
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone, translation

settings.configure(
    DEBUG=False, ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="none", STATIC_URL="static/", USE_TZ=True, TIME_ZONE="Europe/Berlin",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages", "django.contrib.staticfiles", "django.contrib.admin"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
                "django.contrib.messages.middleware.MessageMiddleware"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": ["templates"], "APP_DIRS": True,
                "OPTIONS": {"context_processors": ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                                                   "django.contrib.messages.context_processors.messages"]}}],
)


def database(_):
    with connection.cursor() as cursor:
        cursor.execute("select 6 * 7")
        return HttpResponse(str(cursor.fetchone()))


def translated(_):
    with translation.override("de"):
        return HttpResponse(translation.gettext("Monday") + translation.gettext("Password"))


def zone(_):
    return HttpResponse(timezone.localtime(timezone.datetime.fromtimestamp(0, timezone.get_default_timezone())).isoformat())


def password(_):
    from django.contrib.auth.hashers import check_password, make_password
    return HttpResponse(str(check_password("x", make_password("x"))))


def mail(_):
    from django.core.mail import EmailMessage
    return HttpResponse(EmailMessage("subject", "body é", "a@b.c", ["d@e.f"]).message()["Subject"])


def missing(_):
    raise Http404


def fails(_):
    raise RuntimeError("on purpose")


from django.contrib import admin  # noqa: E402


def routes():
    return [
        path("", lambda _: HttpResponse("index")),
        path("json", lambda _: JsonResponse({"a": [1, None]})),
        path("template", lambda request: render(request, "page.html", {"items": [3, 1, 2]})),
        path("database", database), path("translated", translated), path("zone", zone), path("password", password), path("mail", mail),
        path("missing", missing), path("fails", fails), path("admin/", admin.site.urls),
    ]


if __name__ == "__main__":
    import django
    django.setup()
    urlpatterns = routes()
    execute_from_command_line(sys.argv)
