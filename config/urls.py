from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from config import views

admin.site.site_header = admin.site.site_title = settings.SITE_NAME
admin.site.index_title = "Content and people"

urlpatterns = [
    path("", include("roadmaps.urls")),
    path("progress/", include("progress.urls")),
    path("search/", include("search.urls")),
    path("accounts/", include("accounts.urls")),
    path("theme/", views.theme, name="theme"),
    path("privacy/", views.privacy, name="privacy"),
    path(settings.ADMIN_PATH, admin.site.urls),
    path("favicon.ico", views.favicon, name="favicon"),
    path("card.png", views.card, name="card"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", views.sitemap, name="sitemap"),
]

handler429 = views.too_many_requests
handler500 = views.server_error
