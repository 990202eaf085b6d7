from django.urls import path

from roadmaps import views

app_name = "roadmaps"
urlpatterns = [
    path("", views.index, name="index"),
    path("roadmaps/<slug:slug>/card.png", views.card, name="card"),
    path("roadmaps/<slug:slug>/", views.roadmap, name="roadmap"),
    path("roadmaps/<slug:roadmap_slug>/<slug:slug>/", views.step, name="step"),
]
