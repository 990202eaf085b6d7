from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy

from accounts.privacy import privacy
from accounts.theme import choose_theme
from config import views
from core.views import favicon, robots
from roadmaps.site_views import card, project, sitemap

admin.site.site_header = admin.site.site_title = settings.SITE_NAME
admin.site.index_title = gettext_lazy("Content and people")

urlpatterns = [
    path("", include("roadmaps.urls")),
    path("progress/", include("progress.urls")),
    path("groups/", include("groups.urls")),
    path("search/", include("search.urls")),
    path("accounts/data/", include("data_export.urls")),
    path("accounts/", include("accounts.urls")),
    path("theme/", choose_theme, name="theme"),
    path("privacy/", privacy, name="privacy"),
    path(settings.ADMIN_PATH, admin.site.urls),
    path("favicon.ico", favicon, name="favicon"),
    path("card.png", card, name="card"),
    path("projects/<slug:name>.zip", project, name="project"),
    path("robots.txt", robots, name="robots"),
    path("sitemap.xml", sitemap, name="sitemap"),
]

handler400 = views.bad_request
handler429 = views.too_many_requests
handler500 = views.server_error
