/** What we say in mails to customers and on the pages behind their links. `{app}` and `{subject}` are filled in. */
export interface MailTexts {
  wrote: string
  read: string
  attachment: string
  more: string
  why: string
  noReply: string
  unsubscribe: string
  onlyOnce: string
  confirm: string
  unsubscribeQuestion: string
  unsubscribed: string
  confirmQuestion: string
  confirmed: string
  badLink: string
}

const en: MailTexts = {
  wrote: '{app} wrote to you about “{subject}”:',
  read: 'Read and reply',
  attachment: 'Attachment',
  more: 'There are more messages before these.',
  why: 'You get this mail because you have not read this at {app} yet.',
  noReply: 'Please reply there: nobody reads replies to this mail.',
  unsubscribe: 'Send me no more mail',
  onlyOnce:
    'Nobody has confirmed this address, so this is the only mail for now. If you wrote to {app} and want to hear of further answers, confirm it:',
  confirm: 'Confirm my address',
  unsubscribeQuestion: 'Do you want no more mail from {app} about your messages?',
  unsubscribed: 'You will get no more mail from {app} about your messages.',
  confirmQuestion: 'Do you want to hear by mail when {app} answers you?',
  confirmed: 'Thank you. You will get a mail when {app} answers you.',
  badLink: 'This link is not valid. Please use the link as it stands in the mail.',
}

const de: MailTexts = {
  wrote: '{app} hat Ihnen zu „{subject}“ geschrieben:',
  read: 'Lesen und antworten',
  attachment: 'Anhang',
  more: 'Davor stehen weitere Nachrichten.',
  why: 'Sie erhalten diese E-Mail, weil Sie dies bei {app} noch nicht gelesen haben.',
  noReply: 'Bitte antworten Sie dort: Antworten auf diese E-Mail liest niemand.',
  unsubscribe: 'Keine E-Mails mehr senden',
  onlyOnce:
    'Diese Adresse hat noch niemand bestätigt, deshalb ist dies vorerst die einzige E-Mail. Wenn Sie an {app} geschrieben haben und von weiteren Antworten erfahren möchten, bestätigen Sie die Adresse:',
  confirm: 'Adresse bestätigen',
  unsubscribeQuestion: 'Möchten Sie von {app} keine E-Mails mehr zu Ihren Nachrichten erhalten?',
  unsubscribed: 'Sie erhalten von {app} keine E-Mails mehr zu Ihren Nachrichten.',
  confirmQuestion: 'Möchten Sie eine E-Mail erhalten, wenn {app} Ihnen antwortet?',
  confirmed: 'Danke. Sie erhalten eine E-Mail, wenn {app} Ihnen antwortet.',
  badLink: 'Dieser Link ist nicht gültig. Bitte verwenden Sie ihn so, wie er in der E-Mail steht.',
}

const fr: MailTexts = {
  wrote: '{app} vous a écrit au sujet de « {subject} » :',
  read: 'Lire et répondre',
  attachment: 'Pièce jointe',
  more: 'D’autres messages précèdent ceux-ci.',
  why: 'Vous recevez cet e-mail parce que vous n’avez pas encore lu ceci chez {app}.',
  noReply: 'Merci de répondre là-bas : personne ne lit les réponses à cet e-mail.',
  unsubscribe: 'Ne plus recevoir d’e-mails',
  onlyOnce:
    'Personne n’a confirmé cette adresse : c’est donc le seul e-mail pour le moment. Si vous avez écrit à {app} et souhaitez être averti des prochaines réponses, confirmez-la :',
  confirm: 'Confirmer mon adresse',
  unsubscribeQuestion: 'Ne plus recevoir d’e-mails de {app} au sujet de vos messages ?',
  unsubscribed: 'Vous ne recevrez plus d’e-mails de {app} au sujet de vos messages.',
  confirmQuestion: 'Souhaitez-vous recevoir un e-mail lorsque {app} vous répond ?',
  confirmed: 'Merci. Vous recevrez un e-mail lorsque {app} vous répondra.',
  badLink: 'Ce lien n’est pas valide. Veuillez l’utiliser tel qu’il figure dans l’e-mail.',
}

const es: MailTexts = {
  wrote: '{app} le ha escrito sobre «{subject}»:',
  read: 'Leer y responder',
  attachment: 'Archivo adjunto',
  more: 'Hay más mensajes antes de estos.',
  why: 'Recibe este correo porque todavía no lo ha leído en {app}.',
  noReply: 'Responda allí, por favor: nadie lee las respuestas a este correo.',
  unsubscribe: 'No enviarme más correos',
  onlyOnce:
    'Nadie ha confirmado esta dirección, por lo que este es el único correo por ahora. Si escribió a {app} y quiere enterarse de nuevas respuestas, confírmela:',
  confirm: 'Confirmar mi dirección',
  unsubscribeQuestion: '¿No quiere recibir más correos de {app} sobre sus mensajes?',
  unsubscribed: 'No recibirá más correos de {app} sobre sus mensajes.',
  confirmQuestion: '¿Quiere recibir un correo cuando {app} le responda?',
  confirmed: 'Gracias. Recibirá un correo cuando {app} le responda.',
  badLink: 'Este enlace no es válido. Úselo tal como aparece en el correo.',
}

const pt: MailTexts = {
  wrote: '{app} escreveu a você sobre “{subject}”:',
  read: 'Ler e responder',
  attachment: 'Anexo',
  more: 'Há mais mensagens antes destas.',
  why: 'Você recebe este e-mail porque ainda não leu isto em {app}.',
  noReply: 'Responda por lá: ninguém lê as respostas a este e-mail.',
  unsubscribe: 'Não enviar mais e-mails',
  onlyOnce:
    'Ninguém confirmou este endereço, por isso este é o único e-mail por enquanto. Se você escreveu para {app} e quer saber de novas respostas, confirme-o:',
  confirm: 'Confirmar meu endereço',
  unsubscribeQuestion: 'Não quer mais receber e-mails de {app} sobre suas mensagens?',
  unsubscribed: 'Você não receberá mais e-mails de {app} sobre suas mensagens.',
  confirmQuestion: 'Quer receber um e-mail quando {app} responder?',
  confirmed: 'Obrigado. Você receberá um e-mail quando {app} responder.',
  badLink: 'Este link não é válido. Use-o como está no e-mail.',
}

const it: MailTexts = {
  wrote: '{app} le ha scritto a proposito di “{subject}”:',
  read: 'Leggi e rispondi',
  attachment: 'Allegato',
  more: 'Ci sono altri messaggi prima di questi.',
  why: 'Riceve questa e-mail perché non ha ancora letto questo su {app}.',
  noReply: 'Risponda da lì: nessuno legge le risposte a questa e-mail.',
  unsubscribe: 'Non inviarmi più e-mail',
  onlyOnce:
    'Nessuno ha confermato questo indirizzo, quindi per ora questa è l’unica e-mail. Se ha scritto a {app} e vuole sapere di altre risposte, lo confermi:',
  confirm: 'Conferma il mio indirizzo',
  unsubscribeQuestion: 'Non vuole più ricevere e-mail da {app} sui suoi messaggi?',
  unsubscribed: 'Non riceverà più e-mail da {app} sui suoi messaggi.',
  confirmQuestion: 'Vuole ricevere un’e-mail quando {app} le risponde?',
  confirmed: 'Grazie. Riceverà un’e-mail quando {app} le risponderà.',
  badLink: 'Questo link non è valido. Lo usi così come appare nell’e-mail.',
}

const nl: MailTexts = {
  wrote: '{app} heeft u geschreven over “{subject}”:',
  read: 'Lezen en antwoorden',
  attachment: 'Bijlage',
  more: 'Hiervoor staan nog meer berichten.',
  why: 'U krijgt deze e-mail omdat u dit bij {app} nog niet hebt gelezen.',
  noReply: 'Antwoord alstublieft daar: niemand leest antwoorden op deze e-mail.',
  unsubscribe: 'Stuur mij geen e-mail meer',
  onlyOnce:
    'Niemand heeft dit adres bevestigd, daarom is dit voorlopig de enige e-mail. Hebt u aan {app} geschreven en wilt u van verdere antwoorden horen, bevestig het dan:',
  confirm: 'Mijn adres bevestigen',
  unsubscribeQuestion: 'Wilt u geen e-mail meer van {app} over uw berichten?',
  unsubscribed: 'U krijgt geen e-mail meer van {app} over uw berichten.',
  confirmQuestion: 'Wilt u een e-mail krijgen als {app} u antwoordt?',
  confirmed: 'Bedankt. U krijgt een e-mail als {app} u antwoordt.',
  badLink: 'Deze link is niet geldig. Gebruik de link zoals die in de e-mail staat.',
}

const ja: MailTexts = {
  wrote: '「{subject}」について{app}からメッセージがあります：',
  read: '読んで返信する',
  attachment: '添付ファイル',
  more: 'これより前にもメッセージがあります。',
  why: 'このメールは、{app}に未読のメッセージがあるためお送りしています。',
  noReply: '返信は上記のページからお願いします。このメールへの返信は読まれません。',
  unsubscribe: '今後メールを受け取らない',
  onlyOnce:
    'このメールアドレスはまだ確認されていないため、お送りするのは今回限りです。{app}にお問い合わせをされ、今後の返信もメールで受け取りたい場合は、アドレスを確認してください：',
  confirm: 'メールアドレスを確認する',
  unsubscribeQuestion: '{app}からのお問い合わせに関するメールの受信を停止しますか？',
  unsubscribed: '{app}からのお問い合わせに関するメールは今後届きません。',
  confirmQuestion: '{app}から返信があったときにメールを受け取りますか？',
  confirmed: 'ありがとうございます。{app}から返信があるとメールが届きます。',
  badLink: 'このリンクは無効です。メールに記載されているリンクをそのままお使いください。',
}

const ar: MailTexts = {
  wrote: 'كتب إليك {app} بشأن «{subject}»:',
  read: 'اقرأ وأجب',
  attachment: 'مرفق',
  more: 'توجد رسائل أخرى قبل هذه.',
  why: 'وصلتك هذه الرسالة لأنك لم تقرأ هذا بعد لدى {app}.',
  noReply: 'يرجى الرد هناك: لا أحد يقرأ الردود على هذه الرسالة.',
  unsubscribe: 'لا ترسلوا إليّ المزيد من الرسائل',
  onlyOnce: 'لم يؤكد أحد هذا العنوان، ولذلك هذه هي الرسالة الوحيدة حاليًا. إذا كنت قد كتبت إلى {app} وتريد معرفة الإجابات القادمة فأكّد العنوان:',
  confirm: 'تأكيد عنواني',
  unsubscribeQuestion: 'ألا تريد تلقي المزيد من الرسائل من {app} بشأن رسائلك؟',
  unsubscribed: 'لن تصلك رسائل أخرى من {app} بشأن رسائلك.',
  confirmQuestion: 'هل تريد تلقي رسالة عندما يجيبك {app}؟',
  confirmed: 'شكرًا. ستصلك رسالة عندما يجيبك {app}.',
  badLink: 'هذا الرابط غير صالح. يرجى استخدامه كما هو في الرسالة.',
}

const languages: Record<string, MailTexts> = { en, de, fr, es, pt, it, nl, ja, ar }

/** The texts in the first of the languages (BCP 47, or as operating systems write them: `de_DE`) that we speak, else in English; the tag of what they are in, and the direction in which it is written. */
export function textsIn(...wishes: (string | null)[]): { lang: string; dir: 'ltr' | 'rtl'; texts: MailTexts } {
  const primaries = wishes.map((wish) => wish?.split(/[-_]/)[0]?.toLowerCase() ?? '')
  const lang = primaries.find((one) => Object.hasOwn(languages, one)) ?? 'en'
  return { lang, dir: lang === 'ar' ? 'rtl' : 'ltr', texts: languages[lang] ?? en }
}

/** Fills `{app}` and `{subject}` in, once: what is filled in is not read again. */
export const fill = (text: string, values: { app: string; subject?: string }) =>
  text.replace(/\{(app|subject)\}/g, (_, name: 'app' | 'subject') => values[name] ?? '')
