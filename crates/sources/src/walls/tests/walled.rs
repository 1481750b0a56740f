//! Walls as hosts set them up, and what they are.

use super::super::{
    ABROAD, ABSENT, ADVERTS, AGE, CHECK, CLOSED, CONSENT, ELSEWHERE, FAULT, HUMAN, LOGIN,
    MAINTENANCE, REFUSED, SCRIPTS, SOLD, SUBSCRIBERS, TOO_MANY,
};

const TEASER: &str = "<title>The harbour deal</title><h1>The harbour deal</h1>\
    <p>In the spring of last year the council of Eskerby met behind closed doors to talk about the port. What was said there has never been told, until a clerk opened a drawer in June. The papers show that the price had been agreed on long before the vote, and that three of the nine members knew the buyer. One had been his neighbour for twenty years. Another had rowed with him at school.</p>\
    <p>The buyer, a maker of cranes from Rotterdam, had been looking for a quay of this depth since the flood. He found it by chance, on a sailing trip, when a storm drove his boat into the bay. He stayed for a week, ate herring at the Anchor, and asked who owned the sheds. Nobody could tell him, so he went to the land registry and looked for himself. The sheds belonged to the town.</p>\
    <p>What followed is a story of letters, of lunches, and of one missing map. The map was drawn in 1911 and shows a spring below the eastern shed, which would have made any building there impossible. It hung in the office of the harbour master until March. In April there was a pale square on the wall. The harbour master says that he sent it to be framed; the framer says that he never saw it.</p>\
    <p>By summer the cranes had been ordered, the workers hired, and the name of the quay changed on the charts. It was then that a letter came from the capital, two pages long, without a signature. It asked five questions. The council answered none of them. Instead it met again, and this time the doors were not only closed but locked, and the windows hung with blankets from the fire station.</p>\
    <p>The clerk, who is seventy and grows dahlias, kept a copy of everything. She had been told to burn the papers, and she had a stove, but the dahlias had frozen that night and she was in no mood to please anybody. So she put them into a tin that had held biscuits, and the tin into the drawer, and waited for somebody to ask.</p>";

pub(super) const PAGES: &[(&str, &str)] = &[
    // Not there.
    (
        ABSENT,
        "<title>Page not found</title><h1>Page not found</h1><p>Sorry!</p><h2>Popular articles</h2><h3><a href=/a>Ten walks along the coast of Kerry</a></h3><p>From Dingle to Cahersiveen, with tea rooms, tides and the timetable of the bus that takes you back.</p><h3><a href=/b>How to smoke herring</a></h3><p>Alder or oak? Two fishermen of Eskerby quarrel, and both are right in their own way.</p>",
    ),
    (
        ABSENT,
        "<title>Kerry Walks</title><p>Sorry, page not found.</p><h2>Most read</h2><ul><li><a href=/a>Ten walks along the coast</a> with tea rooms and the bus that takes you back</li><li><a href=/b>How to smoke herring</a> over alder or oak</li></ul>",
    ),
    (
        ABSENT,
        "<title>Tienda</title><h1>Error 404: la página que buscas no existe</h1><p>Vuelve a la portada o usa el buscador.</p>",
    ),
    (
        ABSENT,
        "<title>404 | Acme</title><h1>404</h1><h2>Oops! We can’t find that page.</h2><p>It may have been moved or deleted. Try the search.</p><a href=/>Home</a>",
    ),
    (
        ABSENT,
        "<title>Seite nicht gefunden – Stadt Eskerby</title><h1>Seite nicht gefunden</h1><p>Die gesuchte Seite wurde verschoben oder gelöscht.</p><h2>Aktuelles</h2><p>Am Sonntag beginnt der Markt auf dem Rathausplatz mit Musik der Kapelle aus Skarvholm.</p>",
    ),
    (
        ABSENT,
        "<title>Page introuvable</title><h1>Oups !</h1><p>La page que vous cherchez n’existe plus ou a été déplacée.</p><a href=/>Retour à l’accueil</a>",
    ),
    (
        ABSENT,
        "<title>Página no encontrada</title><h1>Lo sentimos</h1><p>No hemos encontrado la página solicitada.</p>",
    ),
    (
        ABSENT,
        "<title>Not Found</title><h1>Not Found</h1><p>The requested URL was not found on this server.</p><hr><address>Apache/2.4.41 (Ubuntu) Server at example.org Port 80</address>",
    ),
    (
        ABSENT,
        "<title>Acme</title><h1>Acme</h1><h2>Whoops, this page is gone</h2><p>Please check the address, or contact us.</p>",
    ),
    // Checks, proofs, refusals.
    (
        CHECK,
        "<title>Just a moment...</title><h1>example.org</h1><p>Verifying you are human. This may take a few seconds.</p><p>example.org needs to review the security of your connection before proceeding.</p><p>Ray ID: 8d1fca03be2</p>",
    ),
    (
        CHECK,
        "<title>example.org</title><h1>Checking your browser before accessing example.org.</h1><p>This process is automatic. Please allow up to 5 seconds.</p>",
    ),
    (CHECK, "<title>Einen Moment</title><p>Ihr Browser wird überprüft, bitte warten Sie.</p>"),
    (
        CHECK,
        "<title>Un instant</title><p>Vérification de la sécurité de votre connexion en cours.</p>",
    ),
    (
        HUMAN,
        "<title>example.org</title><p>Please verify you are human to continue.</p><div class=h-captcha></div>",
    ),
    (
        HUMAN,
        "<title>Bloomberg - Are you a robot?</title><h1>We need to make sure you are not a robot</h1><p>To continue, please click the box below.</p>",
    ),
    (
        HUMAN,
        "<title>Robot Check</title><p>Enter the characters you see below</p><p>Sorry, we just need to make sure you're not a robot. For best results, please make sure your browser is accepting cookies.</p><a href=/c>Conditions of Use</a>",
    ),
    (HUMAN, "<title>Sicherheit</title><p>Bitte bestätigen Sie, dass Sie kein Roboter sind.</p>"),
    (
        HUMAN,
        "<title>Contrôle</title><p>Confirmez que vous êtes un humain pour accéder à cette page.</p>",
    ),
    (HUMAN, "<title>Verificación</title><p>Demuestra que no eres un robot para continuar.</p>"),
    (
        REFUSED,
        "<title>Access Denied</title><h1>Access Denied</h1><p>You don't have permission to access \"http://example.org/prices\" on this server.</p><p>Reference #18.2d1f0617.1700000000.1a2b3c</p>",
    ),
    (
        REFUSED,
        "<title>Attention Required! | Cloudflare</title><h1>Sorry, you have been blocked</h1><p>You are unable to access example.org</p>",
    ),
    (
        REFUSED,
        "<title>Pardon Our Interruption</title><p>As you were browsing something about your browser made us think you were a bot.</p>",
    ),
    (REFUSED, "<title>403 Forbidden</title><h1>403 Forbidden</h1><hr><p>nginx</p>"),
    (
        REFUSED,
        "<title>Zugriff verweigert</title><p>Ihre Anfrage wurde aus Sicherheitsgründen blockiert.</p>",
    ),
    (
        TOO_MANY,
        "<title>Sorry...</title><p>Our systems have detected unusual traffic from your computer network. Please try again later.</p>",
    ),
    // Scripts.
    (
        SCRIPTS,
        "<title>Shop</title><p>You need to enable JavaScript to run this app.</p><div id=root></div><script src=a.js></script>",
    ),
    (SCRIPTS, "<title>Portal</title><p>Bitte aktivieren Sie JavaScript, um fortzufahren.</p>"),
    (
        SCRIPTS,
        "<title>Heron</title><div id=\"app\"><div class=spinner>Loading…</div></div><script src=a.js></script>",
    ),
    (
        SCRIPTS,
        "<title>Heron</title><header>Heron</header><div id=__next></div><script src=a.js></script>",
    ),
    // For those who pay.
    (
        SUBSCRIBERS,
        "<TEASER><p>Subscribe to continue reading</p><p>Already a subscriber? Log in</p>",
    ),
    (
        SUBSCRIBERS,
        "<TEASER><h3>Subscribe to continue reading</h3><p>From 1 euro a week. Cancel anytime.</p><footer><p>Eskerby Courier Ltd, 12 Quay Street</p></footer>",
    ),
    (SUBSCRIBERS, "<TEASER><p>Jetzt abonnieren und weiterlesen</p>"),
    (
        SUBSCRIBERS,
        "<title>Le port</title><h1>Le port</h1><p>Le conseil s’est réuni à huis clos au printemps pour parler du port et de ses grues.</p><p>Cet article est réservé aux abonnés.</p>",
    ),
    (
        SUBSCRIBERS,
        "<title>El puerto</title><h1>El puerto</h1><p>El consejo se reunió a puerta cerrada para hablar del puerto y de las grúas.</p><p>Suscríbete para seguir leyendo</p>",
    ),
    (
        SUBSCRIBERS,
        "<script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"headline\":\"The port\",\"isAccessibleForFree\":\"False\"}</script><title>The port</title><p>The council met behind closed doors to talk about the port.</p>",
    ),
    (
        SUBSCRIBERS,
        "<script type='application/ld+json'>{\"@graph\":[{\"@type\":[\"Article\",\"NewsArticle\"],\"isAccessibleForFree\":false,\"hasPart\":{\"@type\":\"WebPageElement\",\"isAccessibleForFree\":false}}]}</script><title>Der Hafen</title><p>Der Rat tagte hinter verschlossenen Türen.</p>",
    ),
    // Logins.
    (
        LOGIN,
        "<title>Log in | Acme</title><h1>Log in to Acme</h1><form><input name=u><input type=\"password\"></form><LEGAL>",
    ),
    (
        LOGIN,
        "<title>Anmelden</title><h1>Anmelden</h1><p>Bitte melden Sie sich mit Ihrem Benutzernamen an.</p><form><input type=password></form>",
    ),
    (
        LOGIN,
        "<title>Connexion</title><p>Entrez votre adresse.</p><form><input type=\"email\" name=\"email\"></form>",
    ),
    (LOGIN, "<title>Miembros</title><p>Inicia sesión para continuar.</p>"),
    (LOGIN, "<title>Members</title><p>You must be logged in to view this page.</p>"),
    // Closed, failed, sold, gone elsewhere.
    (
        MAINTENANCE,
        "<title>Acme</title><h1>We’ll be back soon!</h1><p>Sorry for the inconvenience, we’re performing some maintenance at the moment.</p><p>— The team</p>",
    ),
    (
        MAINTENANCE,
        "<title>Wartungsarbeiten</title><h1>Unsere Seite wird gerade gewartet</h1><p>Wir sind in Kürze wieder für Sie da.</p>",
    ),
    (
        MAINTENANCE,
        "<title>Site en maintenance</title><p>Notre site est en cours de maintenance. Nous serons bientôt de retour.</p>",
    ),
    (
        CLOSED,
        "<title>Account Suspended</title><h1>Account Suspended</h1><p>This account has been suspended. Contact your hosting provider for more information.</p>",
    ),
    (
        AGE,
        "<title>Glen Moor Distillery</title><h1>Welcome to Glen Moor</h1><p>You must be of legal drinking age to enter this site.</p><a href=/y>Yes</a><a href=/n>No</a>",
    ),
    (
        AGE,
        "<title>Brauerei Holm</title><p>Sind Sie über 16 und volljährig?</p><p>Bitte bestätigen Sie, dass Sie mindestens 18 Jahre alt sind.</p>",
    ),
    (
        AGE,
        "<title>Bodega Sur</title><h1>¿Eres mayor de edad?</h1><p>Debes ser mayor de 18 años para entrar.</p>",
    ),
    (
        ADVERTS,
        "<title>Recipes</title><h1>Ad blocker detected</h1><p>Please disable your ad blocker to continue to this site, then reload the page.</p>",
    ),
    (
        ADVERTS,
        "<title>Nachrichten</title><p>Bitte deaktivieren Sie Ihren Werbeblocker, um die Seite zu nutzen.</p>",
    ),
    (
        FAULT,
        "<p><b>Fatal error</b>: Uncaught PDOException: SQLSTATE[HY000] [2002] Connection refused in /var/www/html/db.php:12 Stack trace: #0 /var/www/html/index.php(3): connect() #1 {main} thrown in <b>/var/www/html/db.php</b> on line <b>12</b></p>",
    ),
    (FAULT, "<title>Database Error</title><h1>Error establishing a database connection</h1>"),
    (FAULT, "<title>502 Bad Gateway</title><h1>502 Bad Gateway</h1><hr>nginx/1.18.0"),
    (
        FAULT,
        "<title>WordPress › Error</title><p>There has been a critical error on this website.</p><p><a href=https://wordpress.org/>Learn more about troubleshooting WordPress.</a></p>",
    ),
    (
        SOLD,
        "<title>acme-widgets.com</title><h1>acme-widgets.com is for sale</h1><p>Make an offer.</p>",
    ),
    (SOLD, "<title>acme.de</title><p>Diese Domain steht zum Verkauf.</p>"),
    (
        ELSEWHERE,
        "<meta http-equiv=\"refresh\" content=\"0; url=https://example.org/new\"><title>Redirecting</title><p>If you are not redirected, <a href=/new>click here</a>.</p>",
    ),
    (
        ELSEWHERE,
        "<title>Redirecting…</title><p>Redirecting…</p><script>window.location.replace('/en/home')</script>",
    ),
    (
        ELSEWHERE,
        "<title>Weiterleitung</title><p>Sie werden weitergeleitet.</p><script>location.href = '/neu';</script>",
    ),
    (
        CONSENT,
        "<title>Acme</title><p>We use cookies and similar technologies to personalise content and ads.</p><button>Accept all</button><button>Reject</button>",
    ),
    (
        CONSENT,
        "<title>El Diario</title><p>Utilizamos cookies propias y de terceros.</p><button>Aceptar</button><button>Rechazar</button>",
    ),
    // More of each kind.
    (
        ABSENT,
        "<title>Heron Shop</title><h1>Uh oh!</h1><p>We looked everywhere, but this page could not be found.</p><a href=/>Continue shopping</a>",
    ),
    (ABSENT, "<title>Erreur 404</title><p>Désolé, la page demandée n’existe pas.</p>"),
    (
        ABSENT,
        "<title>404 - Datei oder Verzeichnis wurde nicht gefunden</title><h1>Fehler 404</h1><p>Die von Ihnen aufgerufene Seite existiert leider nicht mehr.</p>",
    ),
    (
        ABSENT,
        "<title>La Gaceta</title><h1>Página no encontrada</h1><p>Lo sentimos, el contenido que buscas ya no está disponible.</p><h2>Lo más leído</h2><p>El equipo de Vigo gana la copa tras una tanda de penaltis que duró media hora.</p>",
    ),
    (
        ABSENT,
        "<title>Product not found</title><h1>This page isn’t available</h1><p>The link may be broken, or the page may have been removed.</p>",
    ),
    (
        CHECK,
        "<title>Security check</title><p>Please complete the security check to access example.org.</p><p>Why do I have to complete a CAPTCHA?</p>",
    ),
    (
        CHECK,
        "<title>Comprobación</title><p>Estamos comprobando su navegador antes de acceder a example.org.</p>",
    ),
    (
        CHECK,
        "<title>Human verification</title><h1>Let’s confirm you are human</h1><p>Complete the security check before continuing. This step verifies that you are not a bot.</p>",
    ),
    (HUMAN, "<title>Vérification</title><p>Prouvez que vous n’êtes pas un robot.</p>"),
    (
        REFUSED,
        "<title>Zugriff gesperrt</title><h1>Ihr Zugriff wurde gesperrt</h1><p>Bitte wenden Sie sich an den Support. Vorgang 7f3a99c1.</p>",
    ),
    (REFUSED, "<title>Accès refusé</title><h1>Accès refusé</h1><p>Votre accès a été bloqué.</p>"),
    (
        REFUSED,
        "<title>ERROR: The request could not be satisfied</title><h1>403 ERROR</h1><p>Request blocked. We can't connect to the server for this app or website at this time.</p>",
    ),
    (
        SCRIPTS,
        "<title>Mapa</title><p>Debe habilitar JavaScript para usar esta aplicación.</p><script></script>",
    ),
    (
        SCRIPTS,
        "<title>Tern</title><app-root></app-root><script src=main.js></script><footer>© 2024 Tern</footer>",
    ),
    (
        SUBSCRIBERS,
        "<TEASER><p>This article is for subscribers only.</p><p>Subscribe now for full access.</p>",
    ),
    (
        SUBSCRIBERS,
        "<title>Das Urteil</title><h1>Das Urteil</h1><p>Das Gericht in Kiel hat entschieden, und die Fischer jubeln.</p><h3>Weiterlesen mit Abo</h3><p>Sie haben bereits ein Abo? Anmelden</p>",
    ),
    (
        SUBSCRIBERS,
        "<title>La grève</title><h1>La grève</h1><p>Les dockers de Lorient ont voté la grève ce matin.</p><p>Il vous reste 85 % de cet article à lire.</p><p>La suite est réservée aux abonnés.</p>",
    ),
    (
        LOGIN,
        "<title>Welcome</title><h1>Sign in</h1><p>Use your company account. Trouble signing in? Call the help desk.</p><form><input name=user><input type='password'></form>",
    ),
    (
        LOGIN,
        "<title>Espace client | Banque Mer</title><h1>Se connecter</h1><form><input type=\"password\"></form><p>Mot de passe oublié ?</p>",
    ),
    (
        LOGIN,
        "<title>Mitglieder</title><p>Bitte melden Sie sich an, um diese Seite zu sehen.</p><form><input type=password></form>",
    ),
    (
        MAINTENANCE,
        "<title>Tern</title><h1>Down for maintenance</h1><p>We are upgrading our servers and expect to be back at 14:00.</p>",
    ),
    (
        MAINTENANCE,
        "<title>Sitio en mantenimiento</title><h1>Estamos en mantenimiento</h1><p>Volveremos pronto.</p>",
    ),
    (
        MAINTENANCE,
        "<title>Heron</title><p>Our website is temporarily unavailable. Please try again later.</p>",
    ),
    (
        CLOSED,
        "<title>Website gesperrt</title><h1>Diese Webseite wurde gesperrt</h1><p>Bitte kontaktieren Sie Ihren Provider.</p>",
    ),
    (
        AGE,
        "<title>Domaine du Lac</title><h1>Avez-vous plus de 18 ans ?</h1><p>L’abus d’alcool est dangereux pour la santé.</p>",
    ),
    (
        AGE,
        "<title>Vape House</title><h1>Age verification</h1><p>Please confirm that you are over 18 to enter.</p><button>Yes</button>",
    ),
    (
        ADVERTS,
        "<title>Recettes</title><h1>Bloqueur de publicité détecté</h1><p>Merci de désactiver votre bloqueur de publicité pour accéder au site.</p>",
    ),
    (
        FAULT,
        "<title>500</title><h1>500 Internal Server Error</h1><p>Something went wrong on our side.</p>",
    ),
    (FAULT, "<p>Parse error: syntax error, unexpected '}' in /home/www/index.php on line 40</p>"),
    (SOLD, "<title>tern.fr</title><p>Ce nom de domaine est à vendre.</p>"),
    (
        ELSEWHERE,
        "<meta http-equiv=refresh content='2;URL=/accueil'><title>Redirection</title><p>Vous allez être redirigé.</p>",
    ),
    // Of very few words.
    (
        ABSENT,
        "<title>Kiln & Co</title><header><h1>Kiln & Co</h1></header><main><h2>404</h2><p>We can't seem to find the page you're looking for.</p><a href=/>Go home</a></main><footer><address>12 Mill Lane, Leeds</address></footer>",
    ),
    (
        ABSENT,
        "<title>Fehler</title><h1>Die gewünschte Seite wurde leider nicht gefunden</h1><p>Bitte nutzen Sie die Suche oder kehren Sie zur Startseite zurück.</p>",
    ),
    (
        ABSENT,
        "<title>Boutique</title><h1>404</h1><p>La page que vous recherchez est introuvable.</p>",
    ),
    (ABSENT, "<title>Error</title><h1>¡Ups!</h1><p>No encontramos la página que buscas.</p>"),
    (
        LOGIN,
        "<title>Log in - Tern</title><h1>Welcome back</h1><p>Log in to your account</p><form><input type=email><input type=password></form><p>Don't have an account? Sign up</p>",
    ),
    (
        SUBSCRIBERS,
        "<title>Le Monde du port</title><article><h1>Port</h1><p><LONG></p><p>Abonnez-vous pour lire la suite de cet article.</p></article><footer>© 2024</footer>",
    ),
    (
        SUBSCRIBERS,
        "<title>Grúas</title><article><h1>Grúas</h1><p><LONG></p><h3>Suscríbete para seguir leyendo</h3><p>Desde 1 euro al mes</p></article>",
    ),
    (
        CLOSED,
        "<title>Account has been suspended</title><h1>This website has been suspended</h1><p>Please contact billing.</p>",
    ),
    (
        MAINTENANCE,
        "<title>Acme - Maintenance</title><p>We are currently performing scheduled maintenance. Please check back soon.</p>",
    ),
    (
        MAINTENANCE,
        "<title>Shop</title><h1>Wartungsmodus</h1><p>Unser Shop wird gerade überarbeitet und ist bald wieder erreichbar.</p>",
    ),
    (HUMAN, "<title>acme.test</title><h1>Human?</h1><p>Please solve the captcha to continue.</p>"),
    (HUMAN, "<title>Zugriff</title><p>Wir müssen sicherstellen, dass Sie kein Bot sind.</p>"),
    (
        AGE,
        "<title>Vins</title><p>Vous devez être majeur pour accéder à ce site.</p><a href=/o>Oui</a>",
    ),
    (
        ADVERTS,
        "<title>Periódico</title><h1>Bloqueador de anuncios detectado</h1><p>Por favor, desactiva tu bloqueador de anuncios para seguir leyendo.</p>",
    ),
    (
        FAULT,
        "<br /><b>Warning</b>: mysqli_connect(): (HY000/2002): Connection refused in <b>/home/site/db.php</b> on line <b>7</b><br />",
    ),
    (FAULT, "<title>Error</title><p>Could not connect to the database.</p>"),
    (
        SCRIPTS,
        "<title>Portail</title><p>Cette application nécessite JavaScript. Veuillez l'activer.</p><script></script>",
    ),
    (
        ELSEWHERE,
        "<title>301</title><script>window.location = 'https://x.test/'</script><p>You are being redirected to x.test…</p>",
    ),
    (SOLD, "<title>heron.es</title><p>Este dominio está en venta</p>"),
    (ABROAD, "<title>TV</title><h1>This video is not available in your country</h1>"),
    (
        SCRIPTS,
        "<title>Kiln shop</title><header><h1>Kiln shop</h1><p>Pots since 1932</p></header><div id=root></div><footer><address>12 Mill Lane, Leeds</address></footer><script src=a.js></script>",
    ),
];

/// The page with its long parts filled in.
pub(super) fn filled(html: &str) -> String {
    let legal = "By going on you agree to the terms of Acme Ltd, who keep your data in Ireland for seven years. ";
    let long =
        "Les grues arrivent de Brest par la mer et sont posées sur le quai neuf. ".repeat(40);
    html.replace("<TEASER>", TEASER)
        .replace("<LONG>", &long)
        .replace("<LEGAL>", &format!("<p>{}</p>", legal.repeat(24)))
}
